/** Where a page begins: the services and backends before it were told. */
export type ConfigPlace = { readonly service: number; readonly backend: number };

export type ConfigPage = { readonly text: string; readonly next: ConfigPlace | null };
