global using System.Text.Json.Nodes;
global using Behalf.Sandbox.Api;
global using Behalf.Sandbox.Model;
global using Behalf.Sandbox.Permissions;
global using Behalf.Sandbox.Rendering;
global using Behalf.Sandbox.Store;
