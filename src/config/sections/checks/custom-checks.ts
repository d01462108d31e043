import type { CustomCheck } from '../../../checks/custom/index.js';
import type { CheckConfig, Config } from '../../../model/config.js';
import { ConfigError, type ConfigIssue, unplacedIssue } from '../../../model/errors.js';

/** A check of the host app exists only where the app registered it. Throws ConfigError. */
export function refuseUnknownChecks(config: Config, known: readonly string[]): void {
  const issues = config.services.flatMap((service) =>
    service.backends.flatMap((backend) =>
      backend.checks.flatMap((check): ConfigIssue[] => {
        if (!isCustom(check) || known.includes(check.name)) return [];
        const path = `services.${service.name}.backends.${backend.name}.checks`;
        const allowed =
          known.length === 0 ? 'there are none: they exist only inside an embedding app' : known.join(', ');
        const message = `no custom check ${check.name} is registered (${allowed})`;
        return [unplacedIssue({ path, message })];
      }),
    ),
  );
  if (issues.length > 0) throw new ConfigError(issues);
}

const isCustom = (check: CheckConfig): check is CustomCheck => check.type === 'custom';
