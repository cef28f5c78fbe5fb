// Connects people's accounts for clients that have no browser of their own: node connect.mjs WORLD_FILE PERSON…
import { Stage } from './lib/stage.mjs';

const [worldFile, ...people] = process.argv.slice(2);
const stage = await Stage.open(worldFile, 'sdk');
for (const person of people) await stage.connect(person);
process.exit(0);
