import { describe, expect, test, vi } from 'vitest';
import { LiveScreen } from '../../../client/render/live.ts';
import { WATCH } from '../../../protocol/limits.ts';
import { callView, mixed, T0, viewOf } from './views.ts';

function terminal(columns = 80, rows = 24) {
  const written: string[] = [];
  return {
    written,
    columns,
    rows,
    isTTY: true,
    write: (text: string) => written.push(text),
    text: () => written.splice(0).join(''),
  };
}

const options = { color: false, now: () => T0 + 10_000 };

describe('LiveScreen', () => {
  test('draws in place: back to the top, each line cleared, the rest wiped', () => {
    const stream = terminal();
    const screen = new LiveScreen(stream, options);
    screen.update(mixed());
    const first = stream.text();
    expect(first.startsWith('\u001b[?25l')).toBe(true);
    const lines = first.split('\n').length - 1;
    screen.draw();
    expect(stream.text().startsWith(`\u001b[${lines}A\r`)).toBe(true);
    screen.stop();
    expect(stream.text()).toBe(`\u001b[${lines}A\r\u001b[J\u001b[?25h`);
  });

  test('writes nothing when nothing changed', () => {
    const stream = terminal();
    const screen = new LiveScreen(stream, options);
    screen.update(viewOf([callView(1, 'done')]));
    stream.text();
    screen.draw();
    expect(stream.text()).toBe('');
    screen.stop();
  });

  test('a burst of views costs one redraw a tick', () => {
    vi.useFakeTimers();
    const stream = terminal();
    const screen = new LiveScreen(stream, options);
    for (let i = 0; i < 500; i += 1) screen.update(viewOf([callView(i, 'running')]));
    expect(stream.written).toHaveLength(2);
    vi.advanceTimersByTime(WATCH.redrawMs * 3);
    expect(stream.written).toHaveLength(5);
    screen.stop();
    vi.useRealTimers();
  });

  test('after the terminal got narrower, it goes up by the rows that the old lines take now', () => {
    const stream = terminal(100, 24);
    const screen = new LiveScreen(stream, { ...options, uiUrl: 'x'.repeat(90) });
    screen.update(viewOf([callView(1, 'done')]));
    const lines = stream.text().split('\n').length - 1;
    stream.columns = 50;
    screen.stop();
    const up = Number(/\[(\d+)A/.exec(stream.text())?.[1]);
    expect(up).toBeGreaterThan(lines);
  });

  test('gives the cursor back, also when stopped twice or never started', () => {
    const stream = terminal();
    const screen = new LiveScreen(stream, options);
    screen.stop();
    expect(stream.text()).toBe('');
    const before = process.listenerCount('exit');
    screen.update(mixed());
    screen.stop(true);
    screen.stop();
    expect(stream.text().split('\u001b[?25h')).toHaveLength(2);
    expect(process.listenerCount('exit')).toBe(before);
  });
});
