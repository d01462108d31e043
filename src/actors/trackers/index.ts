/**
 * The trackers: look after the scripts, processes and files that VRRP instances track, away from the VRRP thread, and tell it
 * what changed. While they are gone, VRRP goes on with what it was told last.
 */
import type { TrackedFile, TrackedScript, VrrpConfig } from '../../model/config.js';
import { runCommand } from '../../os/process/run-command.js';
import { trackingLink } from '../../wire/links/vrrp-states.js';
import type { ActorFactory } from '../../workers/actor.js';
import { FileTracker } from './file-tracker.js';
import { Members } from './members.js';
import { ProcessTracker } from './process-tracker.js';
import { Reports } from './reports.js';
import { ScriptTracker } from './script-tracker.js';

export const createTrackers: ActorFactory = (context) => {
  const link = context.link(trackingLink, 'a');
  const reports = new Reports(context, (report) => link.out.next(report));
  link.connected$.subscribe(() => reports.tellAll());
  const { log, meter, now } = context;
  const parts = { log, meter, now, reports, runCommand };
  const scripts = new Members<TrackedScript>(
    (name, script, index, of) => new ScriptTracker(name, script, parts, index / of),
    (name) => reports.forget('script', name),
  );
  const files = new Members<TrackedFile>(
    (name, file) => new FileTracker(name, file, parts),
    (name) => reports.forget('file', name),
  );
  const processes = new ProcessTracker(parts);
  const configure = (vrrp: VrrpConfig): void => {
    scripts.configure(vrrp.scripts);
    processes.configure(vrrp.processes);
    files.configure(vrrp.files);
  };
  let begun = false;
  return {
    begin: () => {
      begun = true;
      configure(context.config.vrrp);
    },
    configure: ({ vrrp }) => {
      if (begun) configure(vrrp);
    },
    stop: async () => {
      await Promise.all([scripts.stop(), processes.stop(), files.stop()]);
    },
  };
};
