// What the pages use of pdf.js (build.sh), for the checks.
export const GlobalWorkerOptions: { workerSrc: string }

export interface Viewport {
  width: number
  height: number
}
export interface RenderTask {
  promise: Promise<void>
  cancel(): void
}
export interface PdfPage {
  getViewport(wanted: { scale: number }): Viewport
  render(wanted: {
    canvas: HTMLCanvasElement
    viewport: Viewport
    annotationMode?: number
    background?: string
  }): RenderTask
  cleanup(): boolean
}
export interface PdfDocument {
  numPages: number
  getPage(number: number): Promise<PdfPage>
  destroy(): Promise<void>
}
export function getDocument(source: Record<string, unknown>): {
  promise: Promise<PdfDocument>
  destroy(): Promise<void>
}
export const AnnotationMode: { DISABLE: number; ENABLE: number; ENABLE_FORMS: number; ENABLE_STORAGE: number }
