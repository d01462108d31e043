/** A text that is no document: thrown by the readers of this folder, caught in `read.ts`. */
export type Problem = { readonly offset: number; readonly message: string };

export class DocumentProblems extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems[0]?.message ?? 'unreadable');
    this.problems = problems;
  }
}

export const problem = (offset: number, message: string): DocumentProblems =>
  new DocumentProblems([{ offset, message }]);
