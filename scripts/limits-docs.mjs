// Writes docs/limits.md from the named constants of src/ and their comments; with --check it only says whether it is up to date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const file = 'docs/limits.md';
/** What sounds like a bound: sizes, counts, times. */
const bound =
  /^(?:MAX|MIN|[A-Z_]*(?:LIMIT|_MS|_NS|_BYTES|SIZE|BATCH|CHUNK|SLICE|PERIOD|DELAY|TIMEOUT|BOUND|WINDOW|COUNT|PATIENCE|SHARE|SLOTS|TRIES|ATTEMPTS|RESTARTS|BACKLOG|SAMPLES|FACTOR|DESCRIPTORS|LATENESS|_DAYS$|_MB$|_S$)|.*_(?:PER|FOR|AFTER|EVERY|AT)_)/;

const rows = [];
for (const name of readdirSync('src', { recursive: true })
  .filter((path) => path.endsWith('.ts'))
  .sort()) {
  const text = readFileSync(`src/${name}`, 'utf8');
  for (const match of text.matchAll(
    /((?:^(?:\/\/|\/\*\*| \*).*\n)+)?^(?:export )?const ([A-Z][A-Z0-9_]+)(?:: \w+)? = ([^;{]+);/gm,
  )) {
    const [, comment = '', constant, value] = match;
    if (!bound.test(constant) || comment === '') continue;
    const reason = comment
      .split('\n')
      .map((line) =>
        line
          .replace(/^(?:\/\*\*|\/\/| \*\/| \*)/, '')
          .replace(/\*\/$/, '')
          .trim(),
      )
      .join(' ')
      .trim();
    rows.push(
      `| \`${constant}\` | \`${value.replace(/\s+/g, ' ').replaceAll('|', '\\|')}\` | ${reason.replaceAll('|', '\\|')} | \`${name}\` |`,
    );
  }
}

const page = `# Limits

Every bound in Fulcrum is a named constant with its reason; this page lists them (\`npm run docs\` writes it, a test keeps it true).
The bounds of the links between actors stand in \`src/wire/links/link-kind.ts\`, restart intensities in \`src/actors/descriptor.ts\`,
memory in each actor's \`descriptor.ts\`, the limits of configuration documents in [configuration.md](configuration.md).

| constant | value | reason | where in \`src/\` |
|---|---|---|---|
${rows.join('\n')}
`;

if (process.argv.includes('--check')) {
  const current = readFileSync(file, 'utf8') === page;
  if (!current) console.error(`${file} is not up to date: npm run docs`);
  process.exitCode = current ? 0 : 1;
} else {
  writeFileSync(file, page);
  console.log(`${file}: ${rows.length} limits`);
}
