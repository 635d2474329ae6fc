/** What is wrong with a text that should be YAML, without quoting it. */
const words: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'lines are indented with blanks here, not with tabs',
  BAD_INDENT: 'this line is not indented as the lines around it are',
  MISSING_CHAR: 'something is missing here: a closing quote, bracket, or the blank after “key:”',
  MULTILINE_IMPLICIT_KEY: 'a key stands on one line; is a colon missing?',
  BLOCK_AS_IMPLICIT_KEY: 'two “key: value” run into each other here; is the next line indented too far?',
  KEY_OVER_1024_CHARS: 'this key is too long',
  DUPLICATE_KEY: 'this key stands there twice',
  MULTIPLE_DOCS: 'a stack file holds one stack; “---” begins a second document',
  BAD_ALIAS: 'aliases (*name) are not read in a stack file',
  MULTIPLE_ANCHORS: 'anchors (&name) are not read in a stack file',
  TAG_RESOLVE_FAILED: 'tags (!name) are not read in a stack file',
  MULTIPLE_TAGS: 'tags (!name) are not read in a stack file',
  BAD_DQ_ESCAPE: 'a backslash in double quotes means something here; use single quotes',
  BAD_SCALAR_START: 'a value can’t begin so; put it in quotes',
  BAD_DIRECTIVE: 'lines that begin with % are not read in a stack file',
  RESOURCE_EXHAUSTION: 'it is nested too deeply for a stack file',
};

/** By the code of the yaml library; begins in lower case and has no full stop. */
export const syntaxWords = (code: string): string => words[code] ?? 'this can’t be read as YAML';
