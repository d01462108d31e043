import type { CustomCheck } from '../../../checks/custom/index.js';
import type { CheckConfig, Config } from '../../../model/config.js';
import { ConfigError, type ConfigIssue, unplacedIssue } from '../../../model/errors.js';
import { MAX_ISSUES } from '../../limits.js';

/** A check of the host app exists only where the app registered it. Throws ConfigError. */
export function refuseUnknownChecks({ services }: Config, known: readonly string[]): void {
  const allowed = known.length === 0 ? 'there are none: they exist only inside an embedding app' : known.join(', ');
  const issues: ConfigIssue[] = [];
  let untold = 0;
  for (const service of services) {
    for (const backend of service.backends) {
      for (const check of backend.checks) {
        if (!isCustom(check) || known.includes(check.name)) continue;
        const path = `services.${service.name}.backends.${backend.name}.checks`;
        const message = `no custom check ${check.name} is registered (${allowed})`;
        if (issues.length < MAX_ISSUES) issues.push(unplacedIssue({ path, message }));
        else untold += 1;
      }
    }
  }
  if (untold > 0) issues.push(unplacedIssue({ message: `${untold} more, not shown` }));
  if (issues.length > 0) throw new ConfigError(issues);
}

const isCustom = (check: CheckConfig): check is CustomCheck => check.type === 'custom';
