/** A real Ansible in a virtual environment, kept in the cache folder of the tests. */
import { pythonVenv, reasonOf } from './python-venv.ts';

/** The folder of its programs. A first time takes half a minute. `skip`: why there is none, in one line. */
export async function ansibleVenv(): Promise<{ readonly programs: string } | { readonly skip: string }> {
  try {
    return { programs: await pythonVenv('ansible-core', ['ansible-core>=2.19,<2.20']) };
  } catch (error) {
    return { skip: `no Ansible can be made here: ${reasonOf(error)}` };
  }
}
