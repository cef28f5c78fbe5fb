// Asana's official JavaScript SDK, unmodified, against the practice Asana: node asana-sdk.mjs WORLD_FILE RESULT_FILE
// What it takes for Asana the tools may take for Asana too.
import { createHmac } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import Asana from 'asana';
import { Rules, expect, expectEqual } from './lib/rules.mjs';
import { post } from './lib/world.mjs';

const [worldFile, resultFile] = process.argv.slice(2);
const { sandbox } = JSON.parse(await readFile(worldFile, 'utf8'));
const rules = new Rules();
const cast = await (await fetch(`${sandbox}/_sandbox/world`)).json();
const gid = key => cast.keys[key];
const { story } = cast;

/** A client of its own for each person, as the SDK's documentation asks for. */
function as(person) {
  const client = new Asana.ApiClient();
  client.basePath = `${sandbox}/api/1.0`;
  client.authentications.token.accessToken = cast.users.find(user => user.key === person).pat;
  client.RETURN_COLLECTION = false;
  return new Proxy({}, { get: (_, name) => new Asana[`${name}Api`](client) });
}

async function refused(call) {
  try {
    await call;
  } catch (error) {
    return { status: error.status, errors: error.response?.body?.errors, headers: error.response?.headers ?? {} };
  }
  throw new Error('it was not refused');
}

const alice = as('alice');
const bob = as('bob');
const workspace = gid('acme');
const project = story.project.gid;

await rules.rule('Users_AreTheirOwn_InEachClient', async () => {
  const [a, b] = await Promise.all([alice.Users.getUser('me', {}), bob.Users.getUser('me', {})]);
  expectEqual([a.data.email, b.data.email], ['alice@acme.com', 'bob@acme.com'], 'who they are');
  const byEmail = await alice.Users.getUser('bob@acme.com', { opt_fields: 'name' });
  expectEqual(Object.keys(byEmail.data).sort(), ['gid', 'name'], 'fields that were asked for');
  expect((await alice.Users.getUsersForWorkspace(workspace, {})).data.length > 2, 'too few people');
  expect((await alice.Workspaces.getWorkspaces({ limit: 10 })).data.some(one => one.gid === workspace), 'no workspace');
  expect(Array.isArray((await alice.Teams.getTeamsForWorkspace(workspace, {})).data), 'no teams');
});

await rules.rule('Lists_ArePaged_ByTheSdksOwnCollection', async () => {
  const client = new Asana.ApiClient();
  client.basePath = `${sandbox}/api/1.0`;
  client.authentications.token.accessToken = cast.users.find(user => user.key === 'alice').pat;
  const collection = await new Asana.TasksApi(client).getTasks({ project, limit: 2 });
  const seen = [...collection.data];
  for (let page = await collection.nextPage(); page.data; page = await page.nextPage()) seen.push(...page.data);
  const all = (await alice.Tasks.getTasksForProject(project, { limit: 100 })).data;
  expectEqual(seen.map(task => task.gid), all.map(task => task.gid), 'tasks page by page');
  expectEqual((await refused(alice.Tasks.getTasks({ project, limit: 2, offset: 'nonsense' }))).status, 400, 'a foreign offset');
});

await rules.rule('Task_IsMade_Changed_Related_AndDeleted', async () => {
  const { data: task } = await alice.Tasks.createTask({ data: {
    name: 'By the SDK', projects: [project], assignee: 'me', due_on: '2027-01-31',
    html_notes: '<body><strong>Bold</strong> &amp; plain</body>' } }, {});
  expectEqual([task.assignee.name, task.due_on], ['Alice Adams', '2027-01-31'], 'assignee and date');
  const { data: changed } = await alice.Tasks.updateTask({ data: { completed: true } }, task.gid, { opt_fields: 'completed,notes,html_notes' });
  expectEqual([changed.completed, changed.notes], [true, 'Bold & plain'], 'completed and notes');
  const { data: sub } = await alice.Tasks.createSubtaskForTask({ data: { name: 'Below it' } }, task.gid, {});
  expectEqual((await alice.Tasks.getSubtasksForTask(task.gid, {})).data.map(one => one.gid), [sub.gid], 'subtasks');
  await alice.Tasks.setParentForTask({ data: { parent: null } }, sub.gid, {});
  await alice.Tasks.addDependenciesForTask({ data: { dependencies: [sub.gid] } }, task.gid);
  expectEqual((await alice.Tasks.getDependenciesForTask(task.gid, {})).data.map(one => one.gid), [sub.gid], 'dependencies');
  await alice.Tasks.removeDependenciesForTask({ data: { dependencies: [sub.gid] } }, task.gid);
  await alice.Tasks.addFollowersForTask({ data: { followers: ['bob@acme.com'] } }, task.gid, {});
  await alice.Tasks.removeFollowerForTask({ data: { followers: ['bob@acme.com'] } }, task.gid, {});
  const { data: tag } = await alice.Tags.createTagForWorkspace({ data: { name: 'sdk' } }, workspace, {});
  await alice.Tasks.addTagForTask({ data: { tag: tag.gid } }, task.gid);
  expectEqual((await alice.Tags.getTagsForTask(task.gid, {})).data.map(one => one.gid), [tag.gid], 'tags');
  await alice.Tasks.removeTagForTask({ data: { tag: tag.gid } }, task.gid);
  await alice.Tasks.removeProjectForTask({ data: { project } }, task.gid);
  await alice.Tasks.addProjectForTask({ data: { project } }, task.gid);
  const { data: job } = await alice.Tasks.duplicateTask({ data: { name: 'Its copy', include: 'notes' } }, task.gid, {});
  expectEqual((await alice.Jobs.getJob(job.gid, {})).data.new_task.name, 'Its copy', 'the copy');
  for (const one of [job.new_task.gid, sub.gid, task.gid]) await alice.Tasks.deleteTask(one);
  expectEqual((await refused(alice.Tasks.getTask(task.gid, {}))).status, 404, 'a deleted task');
});

await rules.rule('Comments_Sections_AndFiles', async () => {
  const { data: task } = await alice.Tasks.createTask({ data: { name: 'With a comment', projects: [project] } }, {});
  const { data: comment } = await alice.Stories.createStoryForTask({ data: { text: 'First' } }, task.gid, {});
  await alice.Stories.updateStory({ data: { text: 'Second' } }, comment.gid, {});
  expectEqual((await alice.Stories.getStory(comment.gid, {})).data.text, 'Second', 'the comment');
  await alice.Stories.deleteStory(comment.gid);
  const sections = (await alice.Sections.getSectionsForProject(project, {})).data;
  await alice.Sections.addTaskForSection(sections[0].gid, { body: { data: { task: task.gid } } });
  const { data: section } = await alice.Sections.createSectionForProject(project, { body: { data: { name: 'SDK' } } });
  await alice.Sections.deleteSection(section.gid);
  const file = path.join(path.dirname(resultFile), 'asana-sdk.txt');
  await writeFile(file, 'hello');
  const { data: attachment } = await alice.Attachments.createAttachmentForObject({
    resource_subtype: 'asana', file: createReadStream(file), parent: task.gid, name: 'hello.txt' });
  const { data: got } = await alice.Attachments.getAttachment(attachment.gid, {});
  expectEqual(await (await fetch(got.download_url)).text(), 'hello', 'what the link gives without a token');
  expectEqual((await alice.Attachments.getAttachmentsForObject(task.gid, {})).data.length, 1, 'attachments');
});

await rules.rule('Projects_Fields_Members_AndStatus', async () => {
  const { data: made } = await alice.Projects.createProject({ data: { name: 'SDK project', workspace } }, {});
  await alice.Projects.updateProject({ data: { notes: 'Changed' } }, made.gid, {});
  await alice.Memberships.createMembership({ body: { data: {
    parent: made.gid, member: gid('bob'), access_level: 'viewer' } } });
  expect((await bob.Projects.getProject(made.gid, {})).data.notes === 'Changed', 'bob does not see what was shared with him');
  expectEqual((await refused(bob.Projects.updateProject({ data: { notes: 'No' } }, made.gid, {}))).status, 403, 'a viewer writes');
  const { data: status } = await alice.StatusUpdates.createStatusForObject({ data: {
    parent: made.gid, status_type: 'on_track', title: 'Fine', text: 'All fine' } }, {});
  expectEqual((await alice.StatusUpdates.getStatusesForObject(made.gid, {})).data.map(one => one.gid), [status.gid], 'statuses');
  const settings = (await alice.CustomFieldSettings.getCustomFieldSettingsForProject(project, {})).data;
  expect(settings.some(one => one.custom_field.gid === story.priority_field.gid), 'the priority field is not there');
  expect(typeof (await alice.Projects.getTaskCountsForProject(project, { opt_fields: 'num_tasks' })).data.num_tasks === 'number', 'no counts');
  await alice.Projects.deleteProject(made.gid);
});

await rules.rule('Search_Typeahead_Portfolios_AndGoals', async () => {
  const found = await alice.Tasks.searchTasksForWorkspace(workspace, { 'projects.any': project, completed: false });
  const others = found.data.filter(task => !task.gid);
  expectEqual(others, [], 'rows without a gid');
  const named = await alice.Typeahead.typeaheadForWorkspace(workspace, 'project', { query: story.project.name, count: 5 });
  expect(named.data.some(one => one.gid === project), 'typeahead does not find the project');
  expect(Array.isArray((await alice.Portfolios.getPortfolios(workspace, { owner: 'me' })).data), 'no portfolios');
  expect(Array.isArray((await alice.Goals.getGoals({ workspace })).data), 'no goals');
  const plan = await refused(alice.Tasks.searchTasksForWorkspace(gid('side-projects'), { text: 'x' }));
  expectEqual([plan.status, plan.errors[0].message], [402, 'Search is only available to premium users.'], 'search on a free plan');
});

await rules.rule('Batch_Events_AndWebhooks', async () => {
  const { data: both } = await alice.BatchAPI.createBatchRequest({ data: { actions: [
    { method: 'get', relative_path: '/users/me' }, { method: 'get', relative_path: '/tasks/1' }] } }, {});
  expectEqual(both.map(one => one.status_code), [200, 404], 'the batch');
  const first = await refused(alice.Events.getEvents(project, {}));
  expectEqual(first.status, 412, 'events without a token');
  const received = [];
  let secret;
  const target = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      if (request.headers['x-hook-secret']) response.setHeader('X-Hook-Secret', (secret = request.headers['x-hook-secret']));
      else received.push({ body: Buffer.concat(chunks).toString(), signature: request.headers['x-hook-signature'] });
      response.end();
    });
  });
  await new Promise(resolve => target.listen(0, '127.0.0.1', resolve));
  try {
    const { data: hook } = await alice.Webhooks.createWebhook({ data: {
      resource: project, target: `http://127.0.0.1:${target.address().port}/hook` } }, {});
    await alice.Tasks.createTask({ data: { name: 'Told', projects: [project] } }, {});
    for (let tries = 0; tries < 200 && !received.some(one => one.body.includes('added')); tries++)
      await new Promise(resolve => setTimeout(resolve, 50));
    const told = received.find(one => one.body.includes('added'));
    expect(told, 'nothing was delivered');
    expectEqual(told.signature, createHmac('sha256', secret).update(told.body).digest('hex'), 'the signature');
    await alice.Webhooks.deleteWebhook(hook.gid);
  } finally {
    target.close();
  }
});

await rules.rule('Errors_AreAsanas', async () => {
  const missing = await refused(alice.Tasks.createTask({ data: { name: 'Nowhere' } }, {}));
  expectEqual(missing.status, 400, 'a task without a place');
  const malformed = await refused(alice.Tasks.createTask({ data: {
    name: 'x', projects: [project], html_notes: '<body><p>no</p></body>' } }, {}));
  expectEqual(malformed.status, 400, 'rich text with a tag that Asana does not know');
  const hidden = cast.projects.find(one => cast.access.bob[one.gid] === undefined || cast.access.bob[one.gid] === 'none');
  expectEqual((await refused(bob.Projects.getProject(hidden.gid, {}))).status, 403, 'a hidden project');
  await post(`${sandbox}/_sandbox/faults`, 'POST', [
    { match: { user: 'alice' }, kind: 'status', status: 429, retry_after: 1 }]);
  const limited = await refused(alice.Users.getUser('me', {}));
  expectEqual([limited.status, limited.headers['retry-after']], [429, '1'], 'a rate limit');
});

await writeFile(resultFile, JSON.stringify(rules.results));
process.exit(0);
