import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import { configPage } from '../../config/config-pages.js';
import { diffConfig } from '../../config/diff.js';
import { comparePacked, readConfig } from '../../config/reading/config-reader.js';
import { refuseUnknownChecks } from '../../config/sections/checks/custom-checks.js';
import { MemoryWatch } from '../../machines/memory/memory-watch.js';
import type { Config } from '../../model/config.js';
import { CommandError, formatIssue, messageOf } from '../../model/errors.js';
import type { LoadOptions } from '../../model/load-options.js';
import { msFromNs } from '../../model/units.js';
import { FileTurns } from '../../os/files/file-turns.js';
import { MAX_PEM_BYTES } from '../../os/files/regular-file.js';
import { compileLater } from '../../os/memory/hot-code.js';
import { trimHeap } from '../../os/memory/trim-heap.js';
import { descriptorLimit } from '../../os/process/descriptor-limit.js';
import { packConfig, unpackConfig } from '../../wire/config-bytes.js';
import { toMain } from '../../wire/links/control.js';
import type { Actor, ActorContext } from '../../workers/actor.js';
import { postControl } from '../../workers/links/control-frame.js';
import { type LinkGrant, plainGrant } from '../../workers/links/link-end.js';
import { type CallHandlers, serveCalls } from '../../workers/links/rpc.js';
import type { Child } from '../../workers/supervision/child.js';
import { Claims } from '../../workers/supervision/claims.js';
import { createPool, type Pool } from '../../workers/supervision/pool.js';
import { ServiceManager, statusLine } from '../../workers/supervision/service-manager.js';
import type { ThreadLimits } from '../../workers/supervision/thread.js';
import { type Plan, Tree } from '../../workers/supervision/tree.js';
import { tellActor } from './actor-news.js';
import { type FileCalls, fileCalls, type SupervisorCalls, supervisorCalls } from './calls.js';
import { tellApplied, tellRefused, tellStart } from './config-news.js';
import { MAIN, type Observation, SUPERVISOR } from './ends.js';
import { hangingThreadsTold } from './hanging-threads.js';
import { metrics } from './metrics.js';
import { tryOut } from './preflight.js';

/** Actors' mailboxes and restarts are told to the observers this often, beside every change. */
const VIEW_PERIOD_MS = 1000;
/** Bursts at the listeners are over in seconds, and nobody waits for their memory sooner. */
const MEMORY_LOOK_MS = 4000;
/** A configuration has been worked off by then: probed once, decided and written. */
const SETTLED_MS = 20_000;
/** A thread that loads its code has some 70 files open, and a stage may be of many threads; all together they keep about 60. */
const AMPLE_DESCRIPTORS = 1024;

/** Long enough for an actor's first decisions, soon enough for the next fault. */
const SPARE_DELAY_MS = 1000;
/** An answer has gone through the gateway by then, on a slow machine too. */
const ANSWERED_MS = 100;

export type SupervisorOptions = {
  /** Where links to the main thread are handed over. */
  readonly uplink: MessagePort;
  readonly audience: Observation;
  /** The file that `reload` reads again, and what was set beside it; null when the configuration came as a value. */
  readonly source: { readonly path: string; readonly options: LoadOptions } | null;
  /** Names of the checks that the host app brought along. */
  readonly hostChecks: readonly string[];
  /** Allows `drill` calls: an actor is crashed, frozen or starved of memory on purpose. */
  readonly drills: boolean;
  /** The service manager of this process's environment is told. */
  readonly serviceManager: boolean;
};

/** The tree as code: what runs for a configuration, and the memory of the pool's threads. */
export type TreeDesign = {
  readonly planOf: (config: Config, pool: Pool, audience: Observation) => Plan;
  readonly sparedKinds: (config: Config) => readonly string[];
  readonly poolLimits: ThreadLimits;
};

/** Runs the tree of src/supervisor.ts and answers what is asked of it. */
export async function createSupervisor(
  context: ActorContext,
  connect: (grant: LinkGrant) => void,
  options: SupervisorOptions,
  design: TreeDesign,
): Promise<Actor> {
  let { config } = context;
  const claims = new Claims(context.log);
  await claims.take(config);
  const manager = new ServiceManager(options.serviceManager ? process.env : {}, context.log);
  const files = new FileTurns();
  let revision = 0;
  compileLater();
  const pool = createPool(design.poolLimits);
  const plan = () => design.planOf(config, pool, options.audience);
  const lastState = new Map<string, string>();

  const tree = new Tree(config, {
    now: context.now,
    random: Math.random,
    driverModule: context.driverModule,
    // One processor has nothing to do side by side.
    oneByOne: descriptorLimit() < AMPLE_DESCRIPTORS || availableParallelism() < 2,
    outsiders: [
      { name: SUPERVISOR, connect },
      { name: MAIN, connect: (grant) => handOver(options.uplink, grant) },
    ],
    onChange: (child) => onChange(child),
  });

  function onChange(child: Child): void {
    const view = child.view();
    tellView(view.name);
    manager.is(statusLine(config, tree.views()));
    if (lastState.get(child.name) === view.state) return;
    const before = lastState.get(child.name);
    lastState.set(child.name, view.state);
    tellActor(context, view, before ?? null);
    if (view.state === 'running' && view.restarts > 0) afterwards();
  }

  function tellView(name: string): void {
    const view = tree.child(name)?.view();
    if (view === undefined) {
      context.state(`actor/${name}`, null);
      return;
    }
    context.state(`actor/${name}`, { type: 'actor', key: `actor/${name}`, view });
  }

  /**
   * What the spreading of a configuration took is given back, once for all that come together. Not beside VRRP: whoever allocates
   * meanwhile waits, and on a busy machine for longer than adverts may stay away.
   */
  let settling: NodeJS.Timeout | undefined;
  function trimHeapLater(): void {
    clearTimeout(settling);
    settling = setTimeout(() => config.vrrp.instances.length === 0 && trimHeap(), SETTLED_MS);
  }

  /** The next spare thread is loaded when those that have just started are done with the worst. */
  let sparing: NodeJS.Timeout | undefined;
  function spareLater(): void {
    clearTimeout(sparing);
    sparing = setTimeout(() => pool.keepSpare(design.sparedKinds(config)), SPARE_DELAY_MS);
  }

  /** A configuration was spread, or an actor was replaced. */
  function afterwards(): void {
    trimHeapLater();
    spareLater();
  }

  async function apply(next: Config): Promise<readonly string[]> {
    refuseUnknownChecks(next, options.hostChecks);
    const changes = diffConfig(config, next);
    try {
      await tryOut(config, next, files);
      await claims.take(next);
    } catch (error) {
      tellRefused(context, null, error);
      throw error;
    }
    config = next;
    revision += 1;
    await tree.change(plan(), next);
    claims.settle(next);
    afterwards();
    tellApplied(context, changes);
    return changes;
  }

  // One change of configuration at a time, in the order in which they were asked for.
  let applying: Promise<unknown> = Promise.resolve();
  function applyInTurn(next: () => Promise<Config> | Config): Promise<readonly string[]> {
    const turn = applying.then(async () => {
      manager.reloads();
      try {
        return await apply(await next());
      } finally {
        manager.reloaded();
        manager.is(statusLine(config, tree.views()));
      }
    });
    const tell = (success: 0 | 1) => context.meter.gauge(metrics.fulcrum_reload_success, {}, success);
    applying = turn.then(
      () => tell(1),
      () => tell(0),
    );
    return turn;
  }

  /** @throws CommandError without a file */
  function fileOf(path: string | null): string {
    const file = path ?? options.source?.path;
    if (file !== undefined) return file;
    throw new CommandError('ERR_CONFLICT', 'the configuration did not come from a file: name one');
  }

  const readFile = (path: string) =>
    readConfig({ document: { kind: 'file', path }, options: options.source?.options ?? {} });

  async function readAgain(path: string | null): Promise<Config> {
    const file = fileOf(path);
    try {
      const read = await readFile(file);
      for (const warning of read.warnings) context.log.warn({ file }, formatIssue(warning));
      return read.config;
    } catch (error) {
      tellRefused(context, file, error);
      throw error;
    }
  }

  const compareWith = (after: Uint8Array<ArrayBuffer>): Promise<readonly string[]> =>
    comparePacked({ before: packConfig(config), after, hostChecks: options.hostChecks });

  const handlersFor = (asker: string): CallHandlers<SupervisorCalls> => ({
    actors: () => tree.views(),
    'start-steps': () => tree.startSteps(),
    vrrp: () => config.vrrp.instances,
    'apply-vrrp': ({ instances }) => applyInTurn(() => ({ ...config, vrrp: { ...config.vrrp, instances } })),
    'config-page': ({ place }) => {
      if (place !== null && place.revision !== revision) {
        throw new CommandError('ERR_CONFLICT', 'the configuration was changed while it was read; ask again');
      }
      const { text, next } = configPage(config, place);
      return { text, next: next === null ? null : { ...next, revision } };
    },
    'load-options': () => loadOptionsOf(options.source),
    plan: ({ config: next }) => compareWith(new Uint8Array(next)),
    'plan-file': async () => compareWith(packConfig((await readFile(fileOf(null))).config)),
    apply: ({ config: next }) => applyInTurn(() => unpackConfig(next)),
    reload: ({ path }) => applyInTurn(() => readAgain(path)),
    drill: ({ actor, fault }) => {
      if (!options.drills)
        throw new CommandError(
          'ERR_CONFLICT',
          'drills are not allowed here: start it with fulcrum run --drills, or createRuntime(config, { drills: true })',
        );
      const child = tree.child(actor);
      if (child === undefined) throw new CommandError('ERR_NOT_FOUND', `no actor ${actor}`);
      if (child.state !== 'running')
        throw new CommandError('ERR_CONFLICT', `${actor} does not run now, it is ${child.state}: try again`);
      const why = `${fault} of ${actor}, as somebody asked for`;
      context.log.warn({ actor, fault }, `a drill: ${why}`);
      context.event({ type: 'alarm', alarm: 'drill', why });
      // The answer is not to die with the actor through which it goes. Others are hit before it, as whoever asked goes on then.
      if (actor === asker) setTimeout(() => child.injectFault(fault), ANSWERED_MS);
      else child.injectFault(fault);
      return null;
    },
  });
  context.links(supervisorCalls, 'b').subscribe((link) => serveCalls(link, handlersFor(link.peer)));
  const readers: CallHandlers<FileCalls> = { read: ({ path }) => files.read(path, MAX_PEM_BYTES) };
  context.links(fileCalls, 'b').subscribe((link) => serveCalls(link, readers));

  tellStart(context, config, options.source?.path ?? null);
  try {
    await tree.start(plan());
  } catch (error) {
    await tree.stop();
    await pool.destroy();
    claims.releaseAll();
    manager.is(messageOf(error));
    manager.close();
    throw error;
  }
  manager.serves(() => tree.well);
  // The one that it started with.
  context.meter.gauge(metrics.fulcrum_reload_success, {}, 1);
  afterwards();
  const memory = new MemoryWatch();
  const watching = setInterval(() => {
    const worthIt = memory.look(process.memoryUsage.rss(), msFromNs(context.now()));
    if (worthIt && config.vrrp.instances.length === 0) trimHeap();
  }, MEMORY_LOOK_MS);
  const tellHangingThreads = hangingThreadsTold(context);
  const telling = setInterval(() => {
    tellHangingThreads();
    for (const view of tree.views()) tellView(view.name);
  }, VIEW_PERIOD_MS);

  return {
    // The main thread changes the configuration by a call, like everybody.
    configure() {},
    async stop() {
      clearInterval(telling);
      clearInterval(watching);
      manager.stops();
      await applying;
      clearTimeout(settling);
      clearTimeout(sparing);
      await tree.stop();
      await pool.destroy();
      claims.releaseAll();
      manager.close();
    },
  };
}

/** A document that comes by the API is read as the file is, relative paths in it too. */
const loadOptionsOf = (source: SupervisorOptions['source']): LoadOptions =>
  source === null ? {} : { baseDir: dirname(resolve(source.path)), ...source.options };

const handOver = (uplink: MessagePort, grant: LinkGrant): void =>
  postControl(uplink, toMain.encode({ kind: 'link', grant: plainGrant(grant) }), grant);
