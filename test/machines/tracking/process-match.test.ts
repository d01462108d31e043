import test from 'ava';
import { isProcess } from '../../../src/machines/tracking/process-match.js';

const nginx = { name: 'nginx', commandLine: ['nginx: master process /usr/sbin/nginx'] };
const python = { name: 'python3', commandLine: ['/usr/bin/python3', '/opt/a b.py', '--port', '80'] };
const long = { name: 'systemd-resolve', commandLine: ['/usr/lib/systemd/systemd-resolved'] };

test('one word is the whole name of a process, as far as the kernel keeps it', (t) => {
  t.true(isProcess(nginx, ['nginx']));
  t.false(isProcess(nginx, ['ngin']));
  t.false(isProcess(python, ['a b.py']));
  t.true(isProcess(long, ['systemd-resolved']));
});

test('a path or several words are how the command line begins, word by word', (t) => {
  t.true(isProcess(python, ['/usr/bin/python3']));
  t.true(isProcess(python, ['/usr/bin/python3', '/opt/a b.py', '--port', '80']));
  t.false(isProcess(python, ['/usr/bin/python3', '/opt/a']));
  t.false(isProcess(python, ['/usr/bin/python3', '/opt/a b.py', '--port', '80', '-v']));
  t.false(isProcess({ name: 'kworker', commandLine: [] }, ['/sbin/kworker']));
});
