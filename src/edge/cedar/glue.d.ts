/** Files that the package's export map hides. The glue is its own copy of the functions that the package describes. */
declare module "*/cedar_wasm_bg.js" {
  export * from "@cedar-policy/cedar-wasm";
  // oxlint-disable-next-line no-underscore-dangle -- the glue's own name
  export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
}

declare module "*/cedar_wasm_bg.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*.cedar" {
  const text: string;
  export default text;
}

declare module "*.cedarschema" {
  const text: string;
  export default text;
}
