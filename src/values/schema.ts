/**
 * A validator by the Standard Schema specification (standardschema.dev): zod, valibot, arktype and others are ones. It
 * decides whether a value fits; what it would turn the value into is not used.
 */
export interface Schema<T> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Verdict<T> | Promise<Verdict<T>>;
    readonly types?: { readonly input: unknown; readonly output: T } | undefined;
  };
}

type Verdict<T> = { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly object[] };

/** Whether a value fits. A validator that throws has found a reason why not. */
export async function fits(schema: Schema<unknown>, value: unknown): Promise<boolean> {
  try {
    const { issues } = await schema["~standard"].validate(value);
    return issues === undefined;
  } catch {
    return false;
  }
}
