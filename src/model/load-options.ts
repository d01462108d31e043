/** How a configuration is read. */

export type LoadOptions = {
  /** Options by their dotted paths (`log.level`); they win over the document. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
  /** `FULCRUM_...` variables, which the document wins over; also XDG_STATE_HOME and XDG_RUNTIME_DIR. Default: none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start. Default: the file's folder; for values and for text without a file the working directory. */
  readonly baseDir?: string;
  /** What else defaults depend on. Default: this process and machine. */
  readonly around?: Omit<Environment, 'env'>;
};

/** What defaults depend on besides the document. */
export type Environment = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** 0: the paths of the system, else those of the user. */
  readonly uid: number;
  readonly hostname: string;
  readonly processors: number;
  readonly homeDir: string;
  readonly tmpDir: string;
};
