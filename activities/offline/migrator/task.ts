/** What a prompt asks the migrator for. */
import { isJsonObject, type JsonObject } from '../../../protocol/json.ts';
import type { Conversation } from '../rule-model.ts';
import { wordsOf } from '../review/prompt-text.ts';

export interface Task {
  /** Only to name the files that would be migrated. */
  isList: boolean;
  /** Files that the prompt names; empty and `isWhole`: every file of CommonJS. */
  paths: string[];
  isWhole: boolean;
  /** To say in package.json that its files are modules. */
  isPackage: boolean;
  /** A command to run, as the prompt has it between backquotes. */
  command: string | null;
  mayRepair: boolean;
  /** What a run of the tests printed, when the prompt brings it. */
  failure: string | null;
}

const LIST = /\b(?:list|find|name|which)\b.{0,60}\bfiles\b/is;
const PACKAGE = /package\.json/;
const RUN = /\b(?:run|runs|execute|call|tests?)\b[^`]{0,80}`([^`\n]+)`/i;
const REPAIR = /\b(?:repair|fix|mend|correct)\b/i;
const MIGRATE = /\b(?:turn|convert|migrate|rewrite|port)\b/i;
const WHOLE = /\b(?:package|project|folder|workspace|every file|all files)\b/i;
/** What Node and its test runner print, and no request says. */
const FAILURE = /^.*(?:\bError(?: \[\w+\])?: |not ok \d|✖ |exit code [1-9]|\bfail [1-9]).*$/m;

export function taskOf({ user, tools, submitSchema }: Conversation): Task {
  const prompt = user[0] ?? '';
  const begins = FAILURE.exec(prompt)?.index ?? prompt.length;
  // The request stands before what was printed; a command in the output is nobody's wish.
  const asked = prompt.slice(0, begins);
  const failure = begins < prompt.length ? prompt.slice(begins) : null;
  const command = tools.has('bash') ? (RUN.exec(asked)?.[1] ?? null) : null;
  const writes = tools.has('write') || tools.has('edit');
  const paths = [...new Set(wordsOf(asked).map((word) => word.replace(/^\.\//, '')))].filter(
    (word) => word.endsWith('.js') && !/^node\.js$/i.test(word),
  );
  const mayRepair = writes && REPAIR.test(asked);
  const isList = LIST.test(asked) && hasList(submitSchema) && failure === null && command === null;
  const works = writes && !isList && failure === null;
  const migrates = works && MIGRATE.test(asked);
  // A prompt about one file may speak of package.json as well: others see to that.
  const isPackage = works && PACKAGE.test(asked) && paths.length === 0;
  const isWhole = migrates && paths.length === 0 && WHOLE.test(asked);
  return {
    isList,
    paths: migrates ? paths : [],
    isWhole,
    isPackage: isPackage || isWhole,
    command,
    mayRepair,
    failure: mayRepair ? failure : null,
  };
}

function hasList(schema: JsonObject | null): boolean {
  const properties = schema?.['properties'];
  return (
    isJsonObject(properties) &&
    Object.values(properties).some((property) => isJsonObject(property) && property['type'] === 'array')
  );
}
