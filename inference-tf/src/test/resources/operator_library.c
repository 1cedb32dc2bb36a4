/*
 * A library with two operators, InprocTwice and InprocNegated, by TensorFlow's C interface for
 * operators and kernels. Its declarations stand in for the headers, which no package has.
 */
#include <stddef.h>
#include <stdint.h>

extern void* TF_NewStatus(void);
extern void TF_DeleteStatus(void*);
extern void* TF_NewOpDefinitionBuilder(const char*);
extern void TF_OpDefinitionBuilderAddInput(void*, const char*);
extern void TF_OpDefinitionBuilderAddOutput(void*, const char*);
extern void TF_OpDefinitionBuilderSetShapeInferenceFunction(void*, void (*)(void*, void*));
extern void TF_ShapeInferenceContextSetUnknownShape(void*, void*);
extern void TF_RegisterOpDefinition(void*, void*);
extern void* TF_NewKernelBuilder(const char*, const char*, void* (*)(void*), void (*)(void*, void*),
                                 void (*)(void*));
extern void TF_RegisterKernelBuilder(const char*, void*, void*);
extern void TF_GetInput(void*, int, void**, void*);
extern void* TF_AllocateOutput(void*, int, int, const int64_t*, int, size_t, void*);
extern int TF_NumDims(const void*);
extern int64_t TF_Dim(const void*, int);
extern size_t TF_TensorByteSize(const void*);
extern void* TF_TensorData(const void*);
extern void TF_DeleteTensor(void*);

static void scale(void* context, float factor) {
  void* status = TF_NewStatus();
  void* in = NULL;
  TF_GetInput(context, 0, &in, status);
  int64_t dims[8];
  int rank = TF_NumDims(in);
  for (int i = 0; i < rank && i < 8; i++) dims[i] = TF_Dim(in, i);
  size_t bytes = TF_TensorByteSize(in);
  void* out = TF_AllocateOutput(context, 0, 1, dims, rank, bytes, status);
  for (size_t i = 0; i < bytes / sizeof(float); i++)
    ((float*)TF_TensorData(out))[i] = factor * ((float*)TF_TensorData(in))[i];
  TF_DeleteTensor(in);
  TF_DeleteTensor(out);
  TF_DeleteStatus(status);
}

static void twice(void* kernel, void* context) {
  (void)kernel;
  scale(context, 2);
}

static void negated(void* kernel, void* context) {
  (void)kernel;
  scale(context, -1);
}

static void shape(void* context, void* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

static void add(const char* name, void (*compute)(void*, void*)) {
  void* status = TF_NewStatus();
  void* builder = TF_NewOpDefinitionBuilder(name);
  TF_OpDefinitionBuilderAddInput(builder, "x: float");
  TF_OpDefinitionBuilderAddOutput(builder, "y: float");
  TF_OpDefinitionBuilderSetShapeInferenceFunction(builder, shape);
  TF_RegisterOpDefinition(builder, status);
  TF_RegisterKernelBuilder(name, TF_NewKernelBuilder(name, "CPU", NULL, compute, NULL), status);
  TF_DeleteStatus(status);
}

__attribute__((constructor)) static void load(void) {
  add("InprocTwice", twice);
  add("InprocNegated", negated);
}
