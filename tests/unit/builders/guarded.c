/* Something on the stack that needs a guard, a function of the mathematical library, and 128-bit arithmetic. */
#include <math.h>
#include <string.h>

int main(int count, char **words)
{
    char copy[64];
    long double number = (double)count;
    strcpy(copy, words[0]);
    return (int)(double)(number * number / log2((double)strlen(copy)) + number);
}
