// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

import (
	"fmt"
	"reflect"
	"strings"
)

// word is the name of a value, or of a bit.
type word struct {
	value uint32
	name  string
}

// wordOf names a value; a value without a name is told as a number of its kind.
func wordOf(kind string, value uint32, words []word) string {
	for _, w := range words {
		if w.value == value {
			return w.name
		}
	}
	return fmt.Sprintf("%s(%#x)", kind, value)
}

// bitsOf names the bits of a value, as Go writes them together; bits without a name are told as a number.
func bitsOf(value uint32, words []word) string {
	var names []string
	for _, w := range words {
		if value&w.value == w.value {
			names = append(names, w.name)
			value &^= w.value
		}
	}
	if value != 0 || names == nil {
		names = append(names, fmt.Sprintf("%#x", value))
	}
	return strings.Join(names, "|")
}

// fieldsOf tells a record: its name, and the names and values of its fields.
func fieldsOf(record interface{}) string {
	return tell(record, func(int, reflect.Value) bool { return true })
}

// setFieldsOf tells a record's first field and those of the others that are not zero.
func setFieldsOf(record interface{}) string {
	return tell(record, func(i int, field reflect.Value) bool { return i == 0 || !field.IsZero() })
}

func tell(record interface{}, which func(i int, field reflect.Value) bool) string {
	value := reflect.ValueOf(record)
	var told []string
	for i := 0; i < value.NumField(); i++ {
		field := value.Type().Field(i)
		if field.IsExported() && which(i, value.Field(i)) {
			told = append(told, field.Name+": "+tellField(value.Field(i)))
		}
	}
	return value.Type().Name() + "{" + strings.Join(told, ", ") + "}"
}

func tellField(field reflect.Value) string {
	switch {
	case field.Kind() == reflect.Pointer && !field.IsNil():
		return tellField(field.Elem())
	case field.Kind() == reflect.Array && field.Type().Elem().Kind() == reflect.Uint8:
		return fmt.Sprintf("%x", field.Interface())
	case field.Kind() == reflect.Array && field.Type().Elem().Kind() == reflect.Uint32:
		return fmt.Sprintf("%#x", field.Interface())
	case field.Kind() == reflect.String:
		return fmt.Sprintf("%q", field.Interface())
	}
	return fmt.Sprint(field.Interface())
}
