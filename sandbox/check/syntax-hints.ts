/** Words for the syntax errors that models and people make most; the parser's own words for the others. */
export interface SyntaxHint {
  message: string;
  fix: string;
}

export function syntaxHint(source: string, offset: number, message: string): SyntaxHint {
  if (/\bawait\s+$/.test(source.slice(Math.max(0, offset - 40), offset))) {
    return { message: '`await` stands in a function that is not async.', fix: 'Write `async` before that function.' };
  }
  if (message === 'Unexpected token' && offset >= source.trimEnd().length) {
    return {
      message: 'The script ends in the middle of a statement.',
      fix: 'Close the open bracket, brace or parenthesis; the text may have been cut off.',
    };
  }
  if (/^[\u2018\u2019\u201c\u201d]/.test(source.slice(offset))) {
    return { message: 'A typographic quote stands where code is expected.', fix: 'Use straight quotes: \' or ".' };
  }
  if (message.startsWith("Unexpected character '@'")) {
    return { message: 'Decorators are not JavaScript that the sandbox knows.', fix: 'Call the function yourself.' };
  }
  const what = /[.!?]$/.test(message) ? message : `${message}${tokenAt(source, offset, message)}.`;
  return { message: what, fix: 'Correct the marked place.' };
}

function tokenAt(source: string, offset: number, message: string): string {
  if (message !== 'Unexpected token') return '';
  const token = /^(?:[\w$]+|\S{1,2})/.exec(source.slice(offset, offset + 40))?.[0];
  return token === undefined ? '' : ` \`${token}\``;
}
