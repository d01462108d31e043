import { Composer, CST, type Document, isNode, Lexer, Parser } from 'yaml';
import { MAX_DEPTH, MAX_ISSUES, MAX_YAML_TOKENS } from '../limits.js';
import { DocumentProblems, type Problem, problem } from './problem.js';
import { emptyMap, type Tree } from './tree.js';
import { completeParts } from './yaml-parts.js';
import { YamlTree } from './yaml-tree.js';

/**
 * Each lexeme keeps some 400 bytes, and each node of the document as many: of a large document, the complete parts are made
 * into a tree while it is parsed, so that its syntax is never in memory as a whole.
 */
const LEXEMES_A_PART = 50_000;

/**
 * Reads one YAML 1.2 document. Everything that could cost more than the file's size is bounded: nesting, tokens, errors
 * and what aliases expand to.
 * @throws DocumentProblems
 */
export const readYaml = (text: string, lexemesAPart = LEXEMES_A_PART): Tree => {
  const tree = new YamlTree();
  const composed: Problem[] = [];
  const tokens = tokensOf(
    text,
    (stack) => {
      for (const part of completeParts(stack)) {
        const node = compose([part.document], composed)?.contents;
        if (isNode(node)) tree.takePart(node, part.goesOnAt);
      }
    },
    lexemesAPart,
  );
  const contents: unknown = compose(tokens, composed)?.contents;
  if (composed.length > 0) throw new DocumentProblems(composed);
  return isNode(contents) ? tree.finish(contents) : emptyMap(0);
};

/** Lexemes that stand for no text. */
const zeroWidth: ReadonlySet<string> = new Set([CST.DOCUMENT, CST.FLOW_END, CST.SCALAR]);

/** The concrete syntax. Neither lexer nor parser recurses, so this is where nesting is limited. */
const tokensOf = (
  text: string,
  takeParts: (stack: readonly CST.Token[]) => void,
  lexemesAPart: number,
): readonly CST.Token[] => {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  const problems: Problem[] = [];
  const take = (found: Iterable<CST.Token>): void => {
    for (const token of found) {
      if (token.type === 'error') problems.push({ offset: token.offset, message: withoutSource(token.message) });
      if (problems.length >= MAX_ISSUES) throw new DocumentProblems(problems);
      if (token.type === 'document' && tokens.some((earlier) => earlier.type === 'document')) {
        throw problem(token.offset, 'a second document begins here: one file holds one configuration');
      }
      tokens.push(token);
    }
  };
  let count = 0;
  let offset = 0;
  for (const lexeme of new Lexer().lex(text)) {
    take(parser.next(lexeme));
    if (!zeroWidth.has(lexeme)) offset += lexeme.length;
    count += 1;
    if (count > MAX_YAML_TOKENS) throw problem(offset, `the file has more than ${MAX_YAML_TOKENS} YAML tokens`);
    if (parser.stack.length > MAX_PARSER_STACK) throw problem(offset, `nested deeper than ${MAX_DEPTH} levels`);
    if (count % lexemesAPart === 0 && problems.length === 0) takeParts(parser.stack);
  }
  take(parser.end());
  if (problems.length > 0) throw new DocumentProblems(problems);
  return tokens;
};

/** A level of nesting is at most a collection, its item and the scalar in it. */
const MAX_PARSER_STACK = 3 * MAX_DEPTH;

/** The parser's messages end in the text they are about, which may be a password. */
const withoutSource = (message: string): string => message.replace(/: ".*$/su, '');

/** Builds the document's nodes, and collects what is wrong with them. */
const compose = (tokens: readonly CST.Token[], problems: Problem[]): Document | null => {
  const composer = new Composer({ stringKeys: true, uniqueKeys: false, resolveKnownTags: false, logLevel: 'silent' });
  // The composer would collect an error object for each wrong character; this one stops it, and takes warnings seriously.
  Object.defineProperty(composer, 'onError', {
    value: (source: unknown, code: string, message: string): void => {
      problems.push({ offset: offsetOf(source), message: explain(code, message) });
      if (problems.length >= MAX_ISSUES) throw new DocumentProblems(problems);
    },
  });
  let document: Document | null = null;
  for (const token of tokens) for (const next of composer.next(token)) document ??= next;
  for (const next of composer.end(false)) document ??= next;
  const [missed] = document?.errors ?? [];
  if (missed !== undefined) problems.push({ offset: missed.pos[0], message: withoutSource(missed.message) });
  return document;
};

const offsetOf = (source: unknown): number => {
  if (typeof source === 'number') return source;
  if (Array.isArray(source)) return typeof source[0] === 'number' ? source[0] : 0;
  const offset: unknown = typeof source === 'object' && source !== null ? Reflect.get(source, 'offset') : 0;
  return typeof offset === 'number' ? offset : 0;
};

const explain = (code: string, message: string): string => {
  if (code === 'TAB_AS_INDENT') return 'a tab indents this line: YAML allows spaces only';
  if (code === 'NON_STRING_KEY') return 'a key must be plain text';
  if (code === 'TAG_RESOLVE_FAILED') return `${message.replace(/^Unresolved tag: /u, 'the tag ')} has no meaning here`;
  return `no valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
};
