// Writes packaging/fulcrum.1 from the definitions of the commands; with --check it only says whether it is up to date. Needs a build.
import { readFileSync, writeFileSync } from 'node:fs';
import { commands } from '../dist/src/cli/commands/index.js';
import { createProgram } from '../dist/src/cli/program.js';
import { packageVersion } from '../dist/src/model/package.js';

const program = createProgram(commands);
const help = program.createHelp();

/** Text that roff(7) takes as it is: no escape, no request at the beginning of a line. */
/** Whose home the default socket is in is nobody else's matter. */
const general = (text) => text.replace(/else \S+\.sock/g, 'else /run/fulcrum/fulcrum.sock');
const plain = (text) =>
  general(text)
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
const bold = (text) => `\\fB${plain(text)}\\fR`;

function section(command) {
  const usage = `${command.name()} ${help
    .commandUsage(command)
    .slice(help.commandUsage(command).indexOf(command.name()) + command.name().length)
    .trim()}`;
  const children = help.visibleCommands(command);
  return [
    `.SS ${plain(path(command))}`,
    `.B ${plain(`${parents(command)}${usage}`.trim())}`,
    '.PP',
    plain(command.description()),
    ...command.registeredArguments
      .filter(({ description }) => description)
      .flatMap((each) => ['.TP', bold(each.name()), plain(help.argumentDescription(each))]),
    ...help.visibleOptions(command).flatMap((each) => ['.TP', bold(each.flags), plain(help.optionDescription(each))]),
    ...children.flatMap(section),
  ];
}

const parents = (command) => {
  const names = [];
  for (let each = command.parent; each; each = each.parent) names.unshift(each.name());
  return names.length === 0 ? '' : `${names.join(' ')} `;
};
const path = (command) => `${parents(command)}${command.name()}`;

const exitCodes = [
  ['0', 'good'],
  ['1', 'a negative answer: unhealthy, differences, a finding that is an error'],
  ['2', 'bad usage or configuration'],
  ['3', 'the daemon cannot be reached, or does not answer in time'],
  ['4', 'a privilege or a kernel feature is missing; the message names it'],
  ['70', 'an internal error'],
];

const page = [
  `.TH FULCRUM 1 "" "fulcrum ${packageVersion()}" "Fulcrum"`,
  '.SH NAME',
  `fulcrum \\- ${plain(program.description())}`,
  '.SH SYNOPSIS',
  '.B fulcrum',
  '.I COMMAND',
  '[\\fIoptions\\fR]',
  '.SH DESCRIPTION',
  'Checks backends, keeps a virtual IP address alive between nodes with VRRP, and writes the result into the IPVS table of Linux; without IPVS it serves',
  'clients with an embedded proxy. Logs and errors go to stderr.',
  '.SH COMMANDS',
  ...help.visibleCommands(program).flatMap(section),
  '.SH EXIT STATUS',
  ...exitCodes.flatMap(([code, meaning]) => ['.TP', bold(code), plain(meaning)]),
  '.SH ENVIRONMENT',
  '.TP',
  bold('FULCRUM_CONTROL_SOCKET'),
  'The daemon\\(aqs unix socket.',
  '.TP',
  bold('FULCRUM_SECTION_OPTION'),
  'An option of the configuration that the file does not have.',
  '.TP',
  bold('NO_COLOR'),
  'No colours, in a terminal neither.',
  '.SH FILES',
  '.TP',
  bold('/etc/fulcrum/fulcrum.yaml'),
  'The configuration, as the systemd unit names it.',
  '.TP',
  bold('/run/fulcrum/fulcrum.sock'),
  'The socket of a daemon that root runs.',
  '.TP',
  bold('/var/lib/fulcrum'),
  'What survives a restart.',
  '.SH SEE ALSO',
  '.BR ipvsadm (8),',
  '.BR keepalived (8)',
  '',
].join('\n');

const file = new URL('../packaging/fulcrum.1', import.meta.url);
if (process.argv.includes('--check')) {
  let now = '';
  try {
    now = readFileSync(file, 'utf8');
  } catch {}
  if (now !== page) {
    console.error('packaging/fulcrum.1 is out of date: run npm run docs');
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, page);
}
