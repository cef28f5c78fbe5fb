// All cases with one client: node node.mjs sdk|rest WORLD_FILE RESULT_FILE
import { writeFile } from 'node:fs/promises';
import accounts from './cases/accounts.mjs';
import connecting from './cases/connecting.mjs';
import connections from './cases/connections.mjs';
import credentials from './cases/credentials.mjs';
import elsewhere from './cases/elsewhere.mjs';
import events from './cases/events.mjs';
import execution from './cases/execution.mjs';
import keys from './cases/keys.mjs';
import proxy from './cases/proxy.mjs';
import tools from './cases/tools.mjs';
import { Rules } from './lib/rules.mjs';
import { Stage } from './lib/stage.mjs';

const [kind, worldFile, resultFile] = process.argv.slice(2);
const rules = new Rules();
const stage = await Stage.open(worldFile, kind);
const told = { rule: (name, body) => rules.rule(name, body) };
for (const cases of [connections, accounts, connecting, tools, execution, credentials, proxy, events, elsewhere, keys])
  await cases(told, stage);
await writeFile(resultFile, JSON.stringify(rules.results));
process.exit(0); // the SDK keeps its connection open
