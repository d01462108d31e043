import { type Command, InvalidArgumentError } from 'commander';

/** What `addConfigOptions` puts into a command's options. */
export type ConfigOptions = {
  readonly config: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly logLevel?: string;
  readonly logFormat?: string;
};

/** The options that say where a configuration comes from: `-c FILE`, and flags that win over it. */
export const addConfigOptions = (command: Command): Command =>
  command
    .requiredOption('-c, --config <file>', 'the configuration: YAML, or TOML by the ending .toml')
    .option('--set <path=value>', 'sets one option, such as log.level=debug; may be repeated', collectSetting)
    .option('--log-level <level>', 'the same as --set log.level=LEVEL')
    .option('--log-format <format>', 'the same as --set log.format=FORMAT');

/** The flags of those options as `LoadOptions` takes them. */
export const configFlags = ({ set, logLevel, logFormat }: ConfigOptions): Record<string, string> => ({
  ...(logLevel === undefined ? {} : { 'log.level': logLevel }),
  ...(logFormat === undefined ? {} : { 'log.format': logFormat }),
  ...set,
});

const collectSetting = (
  text: string,
  earlier: Readonly<Record<string, string>> | undefined,
): Record<string, string> => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('PATH=VALUE is expected, such as log.level=debug.');
  return { ...earlier, [text.slice(0, at)]: text.slice(at + 1) };
};
