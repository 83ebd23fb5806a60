declare module "*?raw" {
  const text: string;
  // oxlint-disable-next-line import/no-default-export -- this is how Vite hands out raw text
  export default text;
}
