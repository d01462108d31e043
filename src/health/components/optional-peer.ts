/** Loads a package that the host installs only if it wants it. */
export async function optionalPeer<M>(name: string, load: () => Promise<M>): Promise<M> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Error(`a URL needs the package "${name}": npm install ${name}, or pass a client of your own`);
  }
}
