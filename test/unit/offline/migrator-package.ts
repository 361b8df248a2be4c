/** A package in CommonJS that is written unlike the one of examples/migrate. */
import type { FileMap } from './migrator-kit.ts';

/** Double quotes and semicolons, a class with statics, cycles, computed exports, optional parts, a lazy table of plugins. */
export const QUEUE: FileMap = new Map(
  Object.entries({
    'package.json': '{\n\t"name": "queue",\n\t"main": "src",\n\t"scripts": {\n\t\t"test": "node --test"\n\t}\n}\n',
    'src/index.js':
      '"use strict";\nvar Queue = require("./queue"), events = require("events"),\n  util = require("./util");\n' +
      'exports = module.exports = createQueue;\nexports.Queue = Queue;\nexports.util = util;\n' +
      'function createQueue(options) {\n  return new Queue(Object.assign({}, require("./options"), options), new events());\n}\n',
    'src/options.js': 'module.exports = Object.freeze({ size: 3, drop: "oldest" });\n',
    'src/queue.js':
      'const { isFull, policies: { oldest } } = require("./rules");\nlet extra;\ntry { extra = require("not-installed"); } catch (e) { extra = null; }\n' +
      'class Queue {\n  static get extra() { return extra; }\n  constructor(options, bus) { this.options = options; this.bus = bus; this.items = []; }\n' +
      '  push(item) {\n    if (isFull(this)) oldest(this);\n    this.items.push(item);\n    this.bus.emit("push", item);\n    return this;\n  }\n' +
      '  use(name) { return require("./plugins/" + name)(this); }\n  async later(name) { const plugin = require("./plugins/" + name); return plugin(this); }\n}\nQueue.VERSION = require("../package.json").name;\nmodule.exports = Queue;\n',
    'src/rules.js':
      'const registry = require("./registry");\nmodule.exports = {\n  // Nothing more goes in.\n  isFull: function (queue) { return queue.items.length >= queue.options.size; },\n' +
      '  policies: { oldest: registry.byName("oldest") },\n  Queue: () => require("./queue"),\n};\n',
    'src/registry.js':
      'var table = { oldest: (queue) => queue.items.shift() };\nfor (const name of Object.keys(table)) exports[name] = table[name];\n' +
      'exports.byName = function (name) { return exports[name]; };\n',
    'src/util.js': 'module.exports = require("./util/numbers");\n',
    'src/util/numbers.js':
      'exports.max = exports.most = function most(a) { return Math.max.apply(null, a); };\nexports.calls = 0;\n' +
      'exports.count = function () { return ++exports.calls; };\nexports.default_ = 1;\n',
    'src/plugins/upper.js': 'module.exports = (queue) => queue.items.map((item) => item.toUpperCase());\n',
    'src/plugins/count.js': 'module.exports = function (queue) { return queue.items.length; };\n',
    'test/queue.test.js':
      'const test = require("node:test");\nconst assert = require("assert").strict;\nconst createQueue = require("../src");\n' +
      'const { Queue, util } = createQueue;\nconst { oldest } = require("../src/registry");\nconst rules = require("../src/rules");\n\n' +
      'test("drops the oldest", async () => {\n  const queue = createQueue({ size: 2 }).push("a").push("b").push("c");\n' +
      '  assert.deepEqual(queue.items, ["b", "c"]);\n  assert.equal(oldest(queue), "b");\n  assert.equal(queue.use("count"), 1);\n' +
      '  assert.deepEqual(queue.use("upper"), ["C"]);\n  assert.equal(await queue.later("count"), 1);\n  assert.equal(rules.Queue(), Queue);\n});\n\n' +
      'test("the rest", () => {\n  assert.equal(Queue.extra, null);\n  assert.equal(Queue.VERSION, "queue");\n  assert.equal(util.most([1, 3, 2]), 3);\n' +
      '  assert.equal(util.max, util.most);\n  assert.equal(util.count(), 1);\n  assert.equal(util.calls, 1);\n  assert.match(__filename, /queue\\.test\\.js$/);\n});\n',
  }),
);
