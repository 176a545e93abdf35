// Who sits before this browser, as they last wrote it below a silence.
import { createKeptStore } from './store';

export const me = createKeptStore<string>('argand.me', (text) => text ?? '', (value) => value);
