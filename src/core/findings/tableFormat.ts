/** The files that tables of grants and reports are written as, by extension. */
export const tableFormats = ['csv', 'jsonl', 'md'] as const;
export type TableFormat = (typeof tableFormats)[number];
