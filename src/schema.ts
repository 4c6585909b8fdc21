/** As much of Standard Schema version 1 (standardschema.dev) as is used here. */
export interface StandardSchema<Output> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

/** The checked message, or throws what is wrong with it. A schema must answer at once: order is not given up for it. */
export const validate = <Output>(schema: StandardSchema<Output>, message: unknown): Output => {
  const result = schema['~standard'].validate(message);
  if (result instanceof Promise) throw new TypeError('asynchronous, wanted an answer at once');
  if (result.issues) throw new TypeError(result.issues.map((issue) => issue.message).join('; '));
  return result.value;
};
