import { listenerRules } from './listeners.js';
import { type Finding, Report, type Subject, Unique } from './report.js';
import { serviceRules } from './services.js';
import { vrrpRules } from './vrrp.js';

/** Everything that one value alone does not show. */
export const applyRules = (subject: Subject): readonly Finding[] => {
  const report = new Report();
  listenerRules(subject, report);
  vrrpRules(subject, report);
  serviceRules(subject, report);
  const names = new Unique(report);
  subject.document.health?.components?.forEach((component, index) => {
    const path = ['health', 'components', index, 'name'];
    names.add(component?.name, path, (first) => `the name '${component?.name}' is taken by ${first}`);
  });
  return report.findings;
};
