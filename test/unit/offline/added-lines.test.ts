import { describe, expect, it } from 'vitest';
import { addedLines } from '../../../activities/offline/review/added-lines.ts';

const PATCH = [
  '1 file changed against main',
  'diff --git a/a.js b/a.js',
  '--- a/a.js',
  '+++ b/a.js',
  '@@ -1,3 +1,4 @@ function f() {',
  ' one',
  '-two',
  '+zwei',
  '++++ b/b.js',
  ' three',
  '@@ -10,2 +11,0 @@',
  '-gone',
  '--- a/b.js',
  '@@ -20 +19 @@',
  '-old',
  '+new',
  '\\ No newline at end of file',
  'diff --git a/b.js b/b.js',
  'new file mode 100644',
  '--- /dev/null',
  '+++ b/b.js',
  '@@ -0,0 +1,2 @@',
  '+first',
  '+second',
].join('\n');

describe('addedLines()', () => {
  it('numbers them as in the new file, and takes no content for a header', () => {
    expect([...addedLines(PATCH, 'a.js')]).toEqual([2, 3, 19]);
    expect([...addedLines(PATCH, 'b.js')]).toEqual([1, 2]);
    expect([...addedLines(PATCH, 'c.js')]).toEqual([]);
  });
});
