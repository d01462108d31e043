import { runStartBench } from '../../../bench/start.js';
import { needs } from '../../support/needs.js';

needs(
  'root',
  'ip',
  'tcpdump',
  'keepalived',
)('the start bench times both to their first advert, and reads the memory', async (t) => {
  const { data } = await runStartBench({ quick: true });
  const { listenersMs, advertMs, keepalivedMs, emptyMb, fullMb } = data as {
    readonly listenersMs: readonly number[];
    readonly advertMs: readonly number[];
    readonly keepalivedMs: readonly number[];
    readonly emptyMb: number;
    readonly fullMb: number;
  };
  for (const figures of [listenersMs, advertMs, keepalivedMs]) t.is(figures.length, 1);
  for (const figure of [...listenersMs, emptyMb, fullMb]) t.true(figure > 0, `${figure}`);
});
