/** Lines of at most `width` letters, folded at spaces; a longer word is left whole. */
export function fold(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line: string | null = null;
  for (const word of text.split(' ')) {
    if (line !== null && [...line, ...word].length + 1 > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === null ? word : `${line} ${word}`;
    }
  }
  return [...lines, line ?? ''];
}
