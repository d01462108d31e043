import { configFromValue, type Loaded, type ParseOptions, parseConfig } from '../../src/config/load.js';
import { ConfigError } from '../../src/model/errors.js';

/** A machine that tests can rely on. */
export const machine = {
  uid: 0,
  hostname: 'testhost',
  processors: 4,
  homeDir: '/home/u',
  tmpDir: '/tmp',
} as const;

export const parse = (text: string, options: ParseOptions = {}): Loaded =>
  parseConfig(text, { file: 'f.yaml', baseDir: '/etc/fulcrum', around: machine, ...options });
export const fromValue = (value: unknown, options: ParseOptions = {}): Loaded =>
  configFromValue(value, { baseDir: '/etc/fulcrum', around: machine, ...options });

/** What is wrong, as `LINE:COL PATH: MESSAGE`; a ConfigError is the only exception that is let pass. */
export const problems = (text: string, options: ParseOptions = {}): readonly string[] => {
  try {
    parse(text, options);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.issues.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
  }
};

export const warnings = (text: string, options: ParseOptions = {}): readonly string[] =>
  parse(text, options).warnings.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);

/** A service's lines around the given ones, so that a test says only what it is about. */
export const serviceYaml = (lines: string, backend = '{ address: 10.0.0.11, checks: [{ type: tcp }] }'): string =>
  `services:\n- name: web\n  backends: [${backend}]\n${lines.trim().replace(/^/gmu, '  ')}\n`;
export const addressed = (lines: string, backend?: string): string =>
  serviceYaml(`address: 10.0.0.100\nport: 80\n${lines}`, backend);
