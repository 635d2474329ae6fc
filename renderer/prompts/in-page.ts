import { createContext } from 'react';

/** True where a question stands on the page itself: there is no dialog to be closed until later. */
export const InPage = createContext(false);
