// The types of yargs-parser know its main entry only; this one is the same function without the parts that
// read files and the environment (and 1.2 ms of start-up).

declare module "yargs-parser/browser" {
  import parser from "yargs-parser";
  export default parser;
}
