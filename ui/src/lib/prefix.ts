// Where the pages live.
//
// Every route is one level deep below a prefix that a reverse proxy or the server chooses, so the
// prefix is read off the document's own address: nothing has to be configured in the pages.

/** The path before every route, with a slash at both ends. */
export const PREFIX = new URL('.', document.baseURI).pathname;

/** The path of the API, without a slash at its end. */
export const API = `${PREFIX}api/v1`;

/** The path of Alertmanager's API, without a slash at its end. */
export const ALERTMANAGER_API = `${PREFIX}api/v2`;
