import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';

const folder = 'packaging/systemd';
/** The units of this project; one of the seeds' stands beside them as their guide has it. */
const units = readdirSync(folder)
  .filter((name) => /^fulcrum.*\.service$/.test(name))
  .map((name) => ({ name, text: readFileSync(`${folder}/${name}`, 'utf8') }));

test('the units name one path of the program', (t) => {
  const paths = units.flatMap(({ text }) => [...text.matchAll(/^Exec\w+=(\S*fulcrum\S*)/gm)].map(([, path]) => path));
  t.true(paths.length >= units.length);
  t.deepEqual([...new Set(paths)], ['/usr/local/bin/fulcrum']);
});

for (const { name, text } of units) {
  test(`${name} waits until it serves, and is watched`, (t) => {
    t.regex(text, /^Type=notify$/m);
    t.regex(text, /^NotifyAccess=main$/m);
    t.regex(text, /^WatchdogSec=\d+$/m);
  });
}
