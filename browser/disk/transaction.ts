/**
 * Does work in an object store's transaction: all of it or, if any of it fails, nothing. Resolves once it is committed
 * and rejects with the transaction's own reason, such as QuotaExceededError, of which its requests know nothing.
 */
export async function atomically<T>(store: IDBObjectStore, work: () => Promise<T>): Promise<T> {
  const { transaction } = store;
  const committed = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
  committed.catch(() => undefined); // Awaited below, but perhaps later than it fails.
  try {
    const result = await work();
    end(transaction, "commit");
    await committed;
    return result;
  } catch (error) {
    end(transaction, "abort");
    await committed.catch((reason: unknown) => {
      throw reason ?? error;
    });
    throw error;
  }
}

/** At once: by itself a transaction commits when the page has dealt with its last answer. */
function end(transaction: IDBTransaction, how: "abort" | "commit"): void {
  try {
    transaction[how]();
  } catch {
    // It is over already.
  }
}
