{# What differs between engines, and nothing else. #}

{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}

{# One integer for a row, to see whether it changed; never published, never compared between engines. #}
{% macro row_hash(columns) -%}{{ adapter.dispatch('row_hash')(columns) }}{%- endmacro %}
{% macro default__row_hash(columns) -%}hash({{ columns | join(', ') }}){%- endmacro %}
{% macro spark__row_hash(columns) -%}xxhash64({{ columns | join(', ') }}){%- endmacro %}

{% macro sha256(expression) -%}{{ adapter.dispatch('sha256')(expression) }}{%- endmacro %}
{% macro default__sha256(expression) -%}sha256({{ expression }}){%- endmacro %}
{% macro spark__sha256(expression) -%}sha2({{ expression }}, 256){%- endmacro %}
