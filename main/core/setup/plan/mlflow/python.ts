/** Python texts that run with the settings of MLflow: these are read from its file, so that no command line holds any. */

/** Reads systemd's EnvironmentFile as `env_line` of the prelude writes it, into the environment. First argument: its path. */
export const readSettings = String.raw`
import os, re, sys
with open(sys.argv[1]) as file:
    for line in file:
        found = re.match(r'(\w+)="(.*)"$', line.rstrip("\n"))
        if found:
            os.environ[found[1]] = re.sub(r'\\([\\"$])', r"\1", found[2])
`.trim();
