/** Entry of a session's thread, which may be killed at any moment. */
import { openRepl } from '../../sandbox/repl/index.ts';
import { openTexts } from './open-texts.ts';
import { serveSessions } from './serve.ts';

serveSessions({ openGuest: openRepl, openTexts });
