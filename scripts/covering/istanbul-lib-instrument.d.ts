// What we use of istanbul-lib-instrument 6.0.3, which comes without types.

declare module "istanbul-lib-instrument" {
  /** Lines from 1, columns from 0; nothing where the source has nothing, as an `else` that is not written. */
  export interface Place {
    readonly line?: number;
    readonly column?: number;
  }

  export interface Range {
    readonly start: Place;
    readonly end: Place;
  }

  /** What there is in one file, and how often each was reached. */
  export interface FileCoverage {
    readonly path: string;
    readonly statementMap: Readonly<Record<string, Range>>;
    readonly fnMap: Readonly<Record<string, { readonly name: string; readonly decl: Range }>>;
    readonly branchMap: Readonly<
      Record<string, { readonly type: string; readonly loc: Range; readonly locations: readonly Range[] }>
    >;
    readonly s: Record<string, number>;
    readonly f: Record<string, number>;
    readonly b: Record<string, number[]>;
  }

  export interface Instrumenter {
    instrumentSync(code: string, path: string): string;
    lastFileCoverage(): FileCoverage;
  }

  export function createInstrumenter(options: {
    readonly esModules: boolean;
    readonly compact: boolean;
    readonly parserPlugins: readonly string[];
    readonly coverageVariable: string;
  }): Instrumenter;
}
