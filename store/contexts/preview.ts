/** A cut from the middle of a text, without halves of characters at its ends. */
export function wholeCharacters(text: string): string {
  return text.replace(/^[\udc00-\udfff]/, '').replace(/[\ud800-\udbff]$/, '');
}
