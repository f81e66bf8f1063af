// The parts of the scripts that know no option are files of their own language, which the build takes in as text.

declare module "*.bash" {
  const script: string;
  export default script;
}

declare module "*.zsh" {
  const script: string;
  export default script;
}

declare module "*.fish" {
  const script: string;
  export default script;
}
