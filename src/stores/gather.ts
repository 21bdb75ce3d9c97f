interface Asked<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Puts the questions of one tick together: they are asked at once, in lists of at most `most`, and answered in their order.
 * What makes a list fail fails each of its questions.
 */
export function gather<Question, Answer>(
  most: number,
  ask: (questions: readonly Question[]) => Promise<readonly Answer[]>,
): (question: Question) => Promise<Answer> {
  let waiting: Asked<Question, Answer>[] = [];

  async function askFor(list: readonly Asked<Question, Answer>[]): Promise<void> {
    try {
      const answers = await ask(list.map(({ question }) => question));
      if (answers.length !== list.length)
        throw new Error(`${list.length} questions were answered by ${answers.length} answers`);
      for (let index = 0; index < list.length; index += 1) list[index]?.resolve(answers[index] as Answer); // As many as were asked.
    } catch (error) {
      for (const { reject } of list) reject(error);
    }
  }

  function askAll(): void {
    const all = waiting;
    waiting = [];
    for (let start = 0; start < all.length; start += most) void askFor(all.slice(start, start + most));
  }

  return (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ question, resolve, reject });
      if (waiting.length === 1) void Promise.resolve().then(askAll);
    });
}
