export const said: () => string[];
