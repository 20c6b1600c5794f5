{# What price rules look at, and how a charge's value is written the way a rule's pattern writes its own. #}

{# The match fields in the order of MatchValue: name in the compiled patterns, column of a charge key. #}
{% macro match_fields() %}
{{ return([
    {'name': 'Provider', 'column': 'x_Provider'},
    {'name': 'ServiceCategory', 'column': 'ServiceCategory'},
    {'name': 'Service', 'column': 'ServiceName'},
    {'name': 'Sku', 'column': 'SkuId'},
    {'name': 'SkuPrice', 'column': 'SkuPriceId'},
    {'name': 'Region', 'column': 'RegionId'},
    {'name': 'ChargeCategory', 'column': 'RuleCategory'},
    {'name': 'Publisher', 'column': 'x_PublisherName'},
    {'name': 'Commitment', 'column': 'CommitmentDiscountType'},
    {'name': 'SubAccount', 'column': 'SubAccountId'},
    {'name': 'InvoiceType', 'column': 'x_InvoiceType'},
    {'name': 'PricingUnit', 'column': 'PricingUnit'},
    {'name': 'Tag', 'column': 'x_TagValues'}
]) }}
{% endmacro %}

{# A value as a pattern of this length writes it: unused *, exact, any value, or the prefix and a star. #}
{% macro match_text(value, length) -%}
    case
        when {{ length }} is null then '*'
        when {{ length }} = -1 then {{ value }}
        when {{ length }} = 0 then '*any'
        else substr({{ value }}, 1, {{ length }}) || '*'
    end
{%- endmacro %}

{# The value of one declared tag key among those of a charge key; empty where it has none. #}
{% macro tag_value(values, number) -%}
    split_part({{ values }}, chr(31), {{ number }})
{%- endmacro %}
