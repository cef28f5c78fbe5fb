// samples/node as a person runs it, with the practice model: node sample.mjs WORLD_FILE RESULT_FILE
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Rules, expect, expectEqual } from './lib/rules.mjs';
import { behalf, root } from './lib/world.mjs';

const [worldFile, resultFile] = process.argv.slice(2);
const world = JSON.parse(await readFile(worldFile, 'utf8'));
const run = promisify(execFile);
const rules = new Rules();
const json = async url => (await fetch(url)).json();
const { story } = await json(`${world.sandbox}/_sandbox/world`);

async function ask(user, prompt) {
  const { stdout, stderr } = await run(process.execPath, [path.join(root, 'samples/node/ask.mjs'), user, prompt], {
    timeout: 60_000,
    env: {
      ...process.env, BEHALF_CREDENTIALS: path.join(world.data, 'credentials.json'), ANTHROPIC_BASE_URL: world.sandbox,
      ANTHROPIC_API_KEY: 'practice' },
  });
  return { answer: stdout, calls: stderr };
}

await rules.rule('Agent_CreatesTheTask_AsItsUser', async () => {
  const { answer, calls } = await ask(
    'alice', `Create a high-priority task "Interop: by the sample" in the "${story.project.name}" project and assign it to me`);
  expect(/asana_create_task/.test(calls), `calls: ${calls}`);
  expect(/Interop: by the sample|created/i.test(answer), `answer: ${answer}`);
  const { tasks } = await json(`${world.sandbox}/_sandbox/data`);
  const [task, ...more] = tasks.filter(one => one.name === 'Interop: by the sample');
  expectEqual([task?.created_by, task?.assignee, more.length], ['alice', 'alice', 0], 'created by, assignee, further ones');
  expect(task.projects.includes(story.project.gid), `projects ${task.projects}`);
  expectEqual(
    task.custom_fields[story.priority_field.gid]?.gid ?? task.custom_fields[story.priority_field.gid],
    story.priority_option.gid, 'priority');
});

await rules.rule('Agent_DoesNotSee_WhatItsUserMayNot', async () => {
  const { answer } = await ask('bob', `What's in the ${story.board.name} board?`);
  const { tasks } = await json(`${world.sandbox}/_sandbox/data`);
  const onTheBoard = tasks.filter(task => task.projects.includes(story.board.gid));
  expect(onTheBoard.length > 0, 'the board is empty: nothing is proved');
  for (const { name } of onTheBoard) expect(!answer.includes(name), `bob was told of "${name}"`);
});

await rules.rule('Agent_ActsThroughItsSession_NeverTheServiceCredential', async () => {
  const { stdout } = await run(
    behalf, ['audit', 'list', '--limit', '500', '--json'], { env: { ...process.env, BEHALF_DATA: world.data } });
  const calls = [JSON.parse(stdout)].flat().filter(record => record.kind === 'intent');
  expect(calls.length > 1, `only ${calls.length} calls on record`);
  for (const call of calls)
    expect(call.principal && call.principal !== world.client_id, `${call.action} through ${call.principal}`);
});

await rules.rule('Agent_SaysWhatIsWrong_ForAUserWithoutAccounts', async () => {
  const { answer, calls } = await ask('nobody', 'List my open tasks');
  expectEqual(calls.trim(), '', 'calls');
  expect(answer.trim().length > 0, 'no answer');
});

await writeFile(resultFile, JSON.stringify(rules.results));
process.exit(0);
