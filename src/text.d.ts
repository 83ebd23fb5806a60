/** Bundled as text, by a rule in the wrangler files. */
declare module "*.html" {
  const text: string;
  export default text;
}
declare module "*.yaml" {
  const text: string;
  export default text;
}
