/** Entry of a session thread whose guests are fake. */
import { serveSessions } from '../../../activities/repl/serve.ts';
import { openFakeGuest } from './fake-guest.ts';

serveSessions({ openGuest: openFakeGuest, openTexts: () => [] });
